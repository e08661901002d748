import './main.css';
import { label } from './label.js';

document.querySelector('#app').textContent = label('start');
document.querySelector('#app').addEventListener('click', async () => {
  const { show } = await import('./later.js');
  show();
});
