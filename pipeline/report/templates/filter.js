(function () {
  "use strict";
  var array = function (found) { return Array.prototype.slice.call(found); };
  array(document.querySelectorAll("form.filters")).forEach(function (form) {
    var list = document.getElementById(form.getAttribute("data-list"));
    var status = form.nextElementSibling;
    if (!list || !status) return;
    var items = array(list.children);
    var texts = items.map(function (item) { return item.textContent.toLowerCase(); });
    var selects = array(form.querySelectorAll("select"));
    var word = form.querySelector("input");
    function apply() {
      var wanted = word.value.trim().toLowerCase();
      var shown = 0;
      items.forEach(function (item, i) {
        var fits = selects.every(function (select) {
          return !select.value || (" " + item.getAttribute(select.name) + " ").indexOf(" " + select.value + " ") >= 0;
        });
        fits = fits && (!wanted || texts[i].indexOf(wanted) >= 0);
        item.hidden = !fits;
        if (fits) shown += 1;
      });
      status.textContent = shown + " of " + items.length + " " + form.getAttribute("data-what") + " shown";
    }
    form.addEventListener("change", apply);
    word.addEventListener("input", apply);
    form.addEventListener("submit", function (event) { event.preventDefault(); });
    form.hidden = false;
    apply();
  });
})();
