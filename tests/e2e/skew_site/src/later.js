import './later.css';
import { label } from './label.js';

export async function show() {
  const { detail } = await import('./detail.js');
  document.querySelector('#app').textContent = label('later') + detail;
  const mark = new Image();
  mark.src = `${import.meta.env.BASE_URL}mark.svg`;
  document.body.append(mark);
}
