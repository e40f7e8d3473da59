"use strict";
const GOODS = [
  { id: "lofoten", name: "Trekking tent Lofoten 2", kind: "Tents", price: 189, was: 249, weight: "2.1 kg", colour: "#4c7a5c", text: "Two-person dome tent with two entrances. The fly sheet goes down to the ground and keeps wind and rain out." },
  { id: "telemark", name: "Family tent Telemark 4", kind: "Tents", price: 329, was: 0, weight: "7.4 kg", colour: "#a0643c", text: "Room to stand in, two sleeping cabins and a porch for wet boots." },
  { id: "skarv", name: "Tunnel tent Skarv 3", kind: "Tents", price: 275.5, was: 0, weight: "3.2 kg", colour: "#3b6a8f", text: "A tunnel for three that is pitched in four minutes, also with gloves on." },
  { id: "bivi", name: "Bivy tent Solo", kind: "Tents", price: 119, was: 0, weight: "0.9 kg", colour: "#7b5b86", text: "For those who walk alone and count every gram." },
  { id: "rago", name: "Sleeping bag Rago", kind: "Sleeping", price: 139.9, was: 159.9, weight: "1.1 kg", colour: "#8c3b3b", text: "Recycled synthetic filling, comfortable down to -2 °C." },
  { id: "mat", name: "Sleeping mat Air 5", kind: "Sleeping", price: 64.9, was: 0, weight: "0.5 kg", colour: "#c08a2e", text: "Five centimetres of air between you and the stones." },
  { id: "lamp", name: "Head lamp Glimt", kind: "Light", price: 39.5, was: 0, weight: "92 g", colour: "#444", text: "350 lumens, red light, charged by USB-C." },
  { id: "pack", name: "Rucksack Vidda 45", kind: "Packs", price: 129, was: 0, weight: "1.6 kg", colour: "#2f5d50", text: "45 litres and a back that can be moved up and down." },
];
const euro = (amount) => "€ " + amount.toFixed(2);
const find = (query) => GOODS.filter((good) => (good.name + " " + good.kind).toLowerCase().includes(query.toLowerCase()));

function picture(good, size) {
  return `<svg viewBox="0 0 120 80" width="${size}" aria-hidden="true"><rect width="120" height="80" fill="#e9e6dc"/><path d="M14 66 L60 16 L106 66 Z" fill="${good.colour}"/><path d="M60 16 L50 66 L70 66 Z" fill="#0003"/></svg>`;
}
function price(good) {
  return (good.was ? `<s>${euro(good.was)}</s> ` : "") + `<b class="${good.was ? "sale" : ""}">${euro(good.price)}</b>`;
}
function card(good) {
  return `<article class="card"><a href="product.html?id=${good.id}">${picture(good, "100%")}</a>
    <h3><a href="product.html?id=${good.id}">${good.name}</a></h3><p class="price">${price(good)}</p>
    <button onclick="add('${good.id}')">Add to basket</button></article>`;
}
function add(id) {
  const cart = site.state.cart || {};
  site.keep({ cart: { ...cart, [id]: (cart[id] || 0) + 1 } });
  frame();
}
function frame() {
  const count = Object.values(site.state.cart || {}).reduce((a, b) => a + b, 0);
  document.querySelector("header").innerHTML = `<div class="bar"><a class="logo" href="index.html">Fjell &amp; Fern</a>
    <form action="search.html"><input name="q" placeholder="Search" aria-label="Search" value="${site.param("q")}"><button>Go</button></form>
    <a href="help.html">Help</a><a class="basket" href="cart.html">Basket <span>${count}</span></a></div>
    <nav>${["Tents", "Sleeping", "Light", "Packs"].map((kind) => `<a href="search.html?q=${kind}">${kind}</a>`).join("")}<a href="search.html?q=sale">Sale</a></nav>`;
  document.querySelector("footer").innerHTML = `<div><h4>Service</h4>Delivery and returns<br>Repairs<br>Gift cards</div><div><h4>Company</h4>About us<br>Shops<br>Jobs</div><div><h4>Contact</h4>+47 55 01 22 80<br>Monday to Friday, 9 to 17</div>`;
  const banner = document.querySelector("#consent");
  if (site.state.consent) banner.hidden = true;
  else banner.innerHTML = `<p>We use cookies to keep your basket and to find out which pages are read. You can change your choice at any time.</p><button class="plain" onclick="consent('needed')">Only what is needed</button><button onclick="consent('all')">Accept all</button>`;
}
function consent(choice) {
  site.keep({ consent: choice });
  document.querySelector("#consent").hidden = true;
}
