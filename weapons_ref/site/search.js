// Narrows the table of systems as one types. Without this script the table is there whole.
"use strict";

(() => {
  const form = document.getElementById("search");
  const count = document.getElementById("count");
  const fields = ["text", "class", "country"].map((id) => document.getElementById(id));
  const rows = [...document.querySelectorAll("#systems tr")];

  // As the catalog's own search: the names of a row come folded, and what is typed is folded with the same table.
  const letters = "@letters@";
  const fold = (text) => [...text.normalize("NFKD")].map((letter) => letters[letter] ?? letter).join("")
    .toLowerCase().replaceAll("ß", "ss").replaceAll("ς", "σ").normalize("NFC").replace(/\s/g, "");
  const texts = rows.map((row) => JSON.parse(row.dataset.names));

  const narrow = () => {
    const [text, kind, country] = fields.map((field) => field.value);
    const wanted = fold(text);
    let shown = 0;
    rows.forEach((row, at) => {
      const fits = texts[at].some((name) => name.includes(wanted)) && (!kind || row.dataset.class === kind)
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
