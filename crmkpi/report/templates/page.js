(function () {
  "use strict";
  // a value beside the pointer; text only, never markup
  var tip = document.createElement("div");
  tip.id = "tip";
  tip.hidden = true;
  document.body.appendChild(tip);
  function show(event) {
    var mark = event.target.closest ? event.target.closest("[data-tip]") : null;
    if (!mark) { tip.hidden = true; return; }
    tip.textContent = mark.getAttribute("data-tip");
    tip.hidden = false;
    var wide = document.documentElement.clientWidth, box = tip.getBoundingClientRect();
    var x = Math.min(event.clientX + 14, wide - box.width - 8);
    var y = event.clientY - box.height - 12;
    tip.style.left = Math.max(8, x) + "px";
    tip.style.top = (y < 8 ? event.clientY + 18 : y) + "px";
  }
  document.addEventListener("pointermove", show);
  document.addEventListener("pointerdown", show);
  window.addEventListener("scroll", function () { tip.hidden = true; }, { passive: true });

  // a node of the tree folds and unfolds what is below it
  var nodes = document.querySelectorAll("g[data-node]"), closed = {};
  function parents(id) {
    var found = [], at = id;
    while (at) {
      var node = document.querySelector('g[data-node="' + CSS.escape(at) + '"]');
      at = node ? node.getAttribute("data-parent") : "";
      if (at) found.push(at);
    }
    return found;
  }
  function redraw() {
    document.querySelectorAll("[data-parent]").forEach(function (part) {
      var id = part.getAttribute("data-node") || part.getAttribute("data-child");
      var hide = parents(id).some(function (p) { return closed[p]; });
      part.style.display = hide ? "none" : "";
    });
    nodes.forEach(function (node) {
      if (node.hasAttribute("aria-expanded")) {
        node.setAttribute("aria-expanded", closed[node.getAttribute("data-node")] ? "false" : "true");
      }
    });
  }
  nodes.forEach(function (node) {
    if (!node.hasAttribute("aria-expanded")) return;
    function turn(event) {
      if (event.type === "keydown" && event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      var id = node.getAttribute("data-node");
      closed[id] = !closed[id];
      redraw();
    }
    node.addEventListener("click", turn);
    node.addEventListener("keydown", turn);
  });
})();
