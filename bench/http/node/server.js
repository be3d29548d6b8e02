// The same classifier in node, with fastify, onnxruntime-node and pngjs.
// BENCH_MODEL names the ONNX file, --urls= the address.
import fastify from 'fastify';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { PNG } from 'pngjs';

const side = 28;
const address = new URL(process.argv.find((argument) => argument.startsWith('--urls=')).slice('--urls='.length));

const session = await InferenceSession.create(process.env.BENCH_MODEL, {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  graphOptimizationLevel: 'all',
});
const [inputName] = session.inputNames;
const [outputName] = session.outputNames;

function toTensor(encoded) {
  const { width, height, data } = PNG.sync.read(encoded);
  if (width !== side || height !== side) {
    const error = new Error(`The image has ${width} × ${height} pixels; the model takes ${side} × ${side}.`);
    error.statusCode = 422;
    throw error;
  }

  const pixels = new Float32Array(side * side);
  for (let i = 0; i < pixels.length; i++) {
    pixels[i] = data[4 * i] / 255; // grey: red, green and blue are the same
  }

  return new Tensor('float32', pixels, [1, 1, side, side]);
}

function softmax(logits) {
  const max = Math.max(...logits);
  const exponentials = Array.from(logits, (logit) => Math.exp(logit - max));
  const sum = exponentials.reduce((total, value) => total + value, 0);
  return exponentials.map((value) => value / sum);
}

const replySchema = {
  type: 'object',
  properties: {
    predictions: {
      type: 'array',
      items: {
        type: 'object',
        properties: { label: { type: 'string' }, index: { type: 'integer' }, probability: { type: 'number' } },
      },
    },
  },
};

const app = fastify();
app.addContentTypeParser('image/png', { parseAs: 'buffer' }, (request, body, done) => done(null, body));
app.post('/classify', { schema: { response: { 200: replySchema } } }, async (request) => {
  const outputs = await session.run({ [inputName]: toTensor(request.body) });
  const predictions = softmax(outputs[outputName].data)
    .map((probability, index) => ({ label: String(index), index, probability }))
    .sort((a, b) => b.probability - a.probability);
  return { predictions };
});

await app.listen({ host: address.hostname, port: Number(address.port) });
