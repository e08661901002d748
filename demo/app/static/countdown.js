const time = document.querySelector("time"), bar = document.querySelector("progress");
const start = performance.now();
const show = () => {
  const left = Math.max(0, Math.ceil(time.dataset.seconds - (performance.now() - start) / 1000));
  time.textContent = left ? Math.floor(left / 60) + ":" + String(left % 60).padStart(2, "0") : "it has ended";
  bar.value = left;
};
show();
setInterval(show, 1000);
