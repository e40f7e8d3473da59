"use strict";
const SETTINGS = [
  { name: "buffer_cache", type: "integer", value: "128 MB", range: "1 MB to 64 GB", text: "Memory that the server sets aside for pages it has read. On a machine that does nothing else, a quarter of the memory is a reasonable beginning; more than 40 % seldom helps." },
  { name: "checkpoint_timeout", type: "integer", value: "5 min", range: "30 s to 1 day", text: "The longest time between two automatic checkpoints. A longer time makes recovery after a crash slower." },
  { name: "checkpoint_warning", type: "integer", value: "30 s", range: "0 to 1 h", text: "A message is written to the log if checkpoints follow each other faster than this." },
  { name: "listen_addresses", type: "string", value: "localhost", range: "any host names", text: "Where the server waits for clients. An asterisk stands for all addresses of the machine." },
  { name: "max_connections", type: "integer", value: "100", range: "1 to 10,000", text: "How many clients may be connected at the same time. Each costs about 400 kB." },
  { name: "work_memory", type: "integer", value: "4 MB", range: "64 kB to 2 GB", text: "Memory for one sort or hash before it goes to the disk. A query may use several." },
];
const PAGES = [["index.html", "Introduction"], ["install.html", "Installation"], ["settings.html", "Settings"], ["limits.html", "Limits"], ["backup.html", "Backup"]];
document.querySelector("header").innerHTML = `<a class="logo" href="index.html">feldspar <small>4.2</small></a><form action="search.html"><input name="q" placeholder="Search docs" aria-label="Search docs"></form>`;
document.querySelector("nav").innerHTML = "<h4>Manual</h4>" + PAGES.map(([file, title]) => `<a class="${location.pathname.endsWith(file) ? "on" : ""}" href="${file}">${title}</a>`).join("") + "<h4>Reference</h4>" + SETTINGS.map((one) => `<a href="setting.html?name=${one.name}"><code>${one.name}</code></a>`).join("");
document.querySelector("footer").innerHTML = "feldspar is free software. This manual is for version 4.2. · Report a mistake · Other versions: 4.1, 4.0, 3.9";
