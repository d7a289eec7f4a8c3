// Every text as a pair: Japanese and English stand beside each other, so that neither can be forgotten.

export const lang = document.documentElement.lang === "en" ? "en" : "ja";
export const t = (ja, en) => (lang === "en" ? en : ja);

/** A moment of today in Japan: 9:05:31. */
export const clock = (at) =>
  new Intl.DateTimeFormat("ja-JP", { timeStyle: "medium", timeZone: "Asia/Tokyo" }).format(at instanceof Date ? at : new Date(at));

export const count = (number) => new Intl.NumberFormat("ja-JP").format(number);
