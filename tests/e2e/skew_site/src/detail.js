export const detail = ` with the details of ${__BUILD__}`;
