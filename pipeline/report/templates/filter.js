(function () {
  "use strict";
  var form = document.getElementById("filters");
  var status = document.getElementById("filter-status");
  var answers = Array.prototype.slice.call(document.querySelectorAll("#answer-list > li"));
  if (!form || !status || !answers.length) return;
  var selects = Array.prototype.slice.call(form.querySelectorAll("select"));
  var word = form.querySelector("input");
  function apply() {
    var wanted = word.value.trim().toLowerCase();
    var shown = 0;
    answers.forEach(function (answer) {
      var fits = selects.every(function (select) {
        return !select.value || (" " + answer.getAttribute(select.name) + " ").indexOf(" " + select.value + " ") >= 0;
      });
      fits = fits && (!wanted || answer.textContent.toLowerCase().indexOf(wanted) >= 0);
      answer.hidden = !fits;
      if (fits) shown += 1;
    });
    status.textContent = shown + " of " + answers.length + " answers shown";
  }
  form.addEventListener("change", apply);
  word.addEventListener("input", apply);
  form.addEventListener("submit", function (event) { event.preventDefault(); });
  form.hidden = false;
  apply();
})();
