export const label = (place) => `${place} of build ${__BUILD__}`;
