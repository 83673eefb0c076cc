"use strict";
// Asks the server what to show, every two seconds, and has plotly draw it.

const PAUSE = 2000;
const CONFIG = { responsive: true, displaylogo: false, displayModeBar: false };
const AXIS = { gridcolor: "#e8e8e8", zeroline: false };
const SCALE = [[0, "#f7fbff"], [0.5, "#6baed6"], [1, "#08306b"]];  // from low to high values
const LEGEND = { font: { size: 10 }, orientation: "h", yref: "container", y: 0, yanchor: "bottom" };
const TABLE = {
  header: { align: "left", fill: { color: "#f0f0f0" } },
  cells: { align: "left", fill: { color: "#ffffff" } },
};
const STYLE = {
  font: { family: "sans-serif", size: 11, color: "#24292e" },
  colorway: [  // of the lines whose colour the dashboard leaves open
    "#3274d9", "#e8820c", "#3f8f3a", "#8f3bb8", "#0f9bb0", "#c9a400",
    "#7a4b2a", "#d6437f", "#5b6bbf", "#6f8f1f", "#a0527e", "#4f7f7f",
  ],
  paper_bgcolor: "rgba(0, 0, 0, 0)",
  plot_bgcolor: "rgba(0, 0, 0, 0)",
  template: {
    data: { heatmap: [{ colorscale: SCALE, showscale: false }], table: [TABLE] },
    layout: { legend: LEGEND, xaxis: { ...AXIS, nticks: 8 }, yaxis: AXIS, barmode: "overlay" },
  },
  uirevision: "kept",  // keeps the zoom when new values come
};
const byId = (id) => document.getElementById(id);

function tell(text) {
  byId("away").textContent = text || "";
  byId("away").hidden = !text;
  document.body.classList.toggle("stale", Boolean(text));
}

function link(name, address) {
  const element = document.createElement("a");
  element.href = address;
  element.textContent = name;
  element.target = "_blank";
  return element;
}

function message(one) {
  const item = document.createElement("li");
  const state = document.createElement("strong");
  const { summary, description = "", runbook_url: runbook } = one.annotations;
  state.className = one.status;
  state.textContent = `${one.when} ${one.status}: `;
  item.append(state, summary || one.labels.alertname, " ", description, " ");
  if (runbook) item.append(link("runbook", runbook));
  return item;
}

function done(one) {
  const item = document.createElement("li");
  item.textContent = `${one.when} ${one.text}`;
  return item;
}

async function show(shown) {
  for (const key of ["elapsed", "doing"]) byId(key).textContent = shown[key];
  byId("links").replaceChildren(
    ...Object.entries(shown.links || {}).flatMap(([name, address]) => [link(name, address), " "]));
  if (shown.messages) byId("messages").replaceChildren(...shown.messages.map(message).reverse());
  byId("done").replaceChildren(...shown.done.map(done));
  const before = document.body.dataset.drawn ? ": what is shown is from before" : " yet";
  tell(shown.away && shown.away + before);
  const figures = Object.entries(shown.panels || {}).map(([id, one]) => [`panel-${id}`, one]);
  if (shown.timeline) figures.push(["timeline", shown.timeline]);
  for (const [id, one] of figures) {
    await Plotly.react(byId(id), one.data, { ...STYLE, ...one.layout }, CONFIG);
  }
  if (shown.panels) document.body.dataset.drawn = Number(document.body.dataset.drawn || 0) + 1;
}

async function refresh() {
  let shown = null;
  try {
    shown = await asked();
    if (shown) await show(shown);
    else tell("What served this page has ended: what is shown is from before");
  } finally {
    if (!shown?.ended) setTimeout(refresh, PAUSE);
  }
}

async function asked() {
  try {
    return await (await fetch("shown")).json();
  } catch (error) {
    return null;
  }
}

refresh();
