// Narrows the table of systems as one types. Without this script the table is there whole.
"use strict";

(() => {
  const form = document.getElementById("search");
  const count = document.getElementById("count");
  const fields = ["text", "class", "country"].map((id) => document.getElementById(id));
  const rows = [...document.querySelectorAll("#systems tr")];

  // As the catalog's own search: no case, accents, hyphens, spaces or apostrophes.
  const fold = (text) => text.normalize("NFKD").toLowerCase().replace(/[\u0300-\u036f]/g, "").normalize("NFC")
    .replace(/[\s\-–—_./'’ʼ"]/g, "");
  const texts = rows.map((row) => fold(row.dataset.text));

  const narrow = () => {
    const [text, kind, country] = fields.map((field) => field.value);
    const wanted = fold(text);
    let shown = 0;
    rows.forEach((row, at) => {
      const fits = texts[at].includes(wanted) && (!kind || row.dataset.class === kind)
        && (!country || row.dataset.country.split(" ").includes(country));
      row.hidden = !fits;
      shown += fits;
    });
    count.textContent = shown === rows.length ? "" : `${shown} of ${rows.length} systems`;
  };

  form.hidden = false;
  fields.forEach((field) => field.addEventListener("input", narrow));
  narrow();
})();
