"use strict";
/* What a visitor has brought about, kept over the pages, frames and tabs of a site. */
const site = {
  get state() {
    return JSON.parse(localStorage.getItem("state") || "{}");
  },
  keep(changes) {
    localStorage.setItem("state", JSON.stringify({ ...this.state, ...changes }));
  },
  param(name) {
    return new URLSearchParams(location.search).get(name) || "";
  },
};
