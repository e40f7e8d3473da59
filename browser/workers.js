// Workers that outlive a page, or that several share, send what nobody can hold back: where some
// requests need a yes, pages do without, as in browsers that have none.
(() => {
  delete globalThis.SharedWorker;
  const { Promise, DOMException } = globalThis;
  const container = globalThis.ServiceWorkerContainer?.prototype;
  if (!container) return;
  Object.defineProperty(container, 'register', {
    value: function register() {
      return Promise.reject(new DOMException('Service workers are not available here.', 'SecurityError'));
    },
    writable: true, enumerable: true, configurable: true,
  });
})();
