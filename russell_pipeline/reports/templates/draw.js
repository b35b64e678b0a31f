// Draws every chart of the page. Expressions are interpreted, not compiled, so that the page needs no eval.
// `vegaEmbed` is in scope where the library is bundled with this.
const options = { renderer: "svg", actions: false, ast: true, defaultStyle: false, tooltip: { disableDefaultStyle: true } };
const charts = [...document.querySelectorAll("script[data-chart]")];
const drawn = charts.map(async (data) => {
  const place = document.getElementById(data.dataset.chart);
  await vegaEmbed(place, JSON.parse(data.textContent), options);
  place.style.minHeight = "";
});
Promise.all(drawn).then(
  () => { document.documentElement.dataset.drawn = charts.length; },
  (error) => { console.error(error); },
);
