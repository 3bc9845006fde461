// What every page does: makes elements, never markup; says everything in the language chosen.
"use strict";

document.documentElement.classList.add("scripted");

const state = { language: (navigator.language || "zh").startsWith("zh") ? "zh" : "en" };
let labels = {};

// ---- Elements

function find(selector, within = document) {
  return within.querySelector(selector);
}

function findAll(selector, within = document) {
  return [...within.querySelectorAll(selector)];
}

// An element with attributes (data-… and aria-… among them), listeners (functions) and children (nodes or text).
function make(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

// ---- Words

// What a page has in a script element of this id.
function dataOf(id) {
  return JSON.parse(find(`#${id}`).textContent);
}

function say(key) {
  return Object.hasOwn(labels, key) ? labels[key][state.language] : key.slice(key.indexOf(".") + 1);
}

function count(number) {
  return number.toLocaleString("en-US");
}

const FORMAT = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 15, useGrouping: "min2" });

function number(value) {
  return typeof value === "number" ? FORMAT.format(value) : "";
}

function shortened(text, longest = 60) {
  const characters = Array.from(text);
  return characters.length > longest ? `${characters.slice(0, longest).join("")}…` : text;
}

// ---- Languages

function listenToLanguages(changed) {
  find(".languages").addEventListener("click", (event) => {
    const button = event.target.closest("[data-language]");
    if (!button) return;
    state.language = button.dataset.language;
    changed();
  });
}

// Say what elements with a label are to say, and what the others are called.
function translateLabels(elements) {
  document.documentElement.lang = state.language === "zh" ? "zh-Hans" : "en";
  for (const element of elements) element.textContent = say(element.dataset.label);
  for (const element of findAll("[data-name]")) element.setAttribute("aria-label", say(element.dataset.name));
  for (const button of findAll("[data-language]")) button.setAttribute("aria-pressed", button.dataset.language === state.language);
}
