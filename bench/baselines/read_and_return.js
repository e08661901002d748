import cf from 'cloudfront';

async function handler(event) {
    await cf.kvs().get('KEY');
    return event.request;
}
