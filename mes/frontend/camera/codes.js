// What a picture says: codes read from its grey values, slowest kinds last. Loaded with the camera.
import BinaryBitmap from "@zxing/library/esm/core/BinaryBitmap";
import Exception from "@zxing/library/esm/core/Exception";
import RGBLuminanceSource from "@zxing/library/esm/core/RGBLuminanceSource";
import HybridBinarizer from "@zxing/library/esm/core/common/HybridBinarizer";
import DataMatrixReader from "@zxing/library/esm/core/datamatrix/DataMatrixReader";
import Code128Reader from "@zxing/library/esm/core/oned/Code128Reader";
import QRCodeReader from "@zxing/library/esm/core/qrcode/QRCodeReader";

const READERS = [new QRCodeReader(), new Code128Reader(), new DataMatrixReader()];

/** The text of a code in a picture (ImageData); null: there is none to be read. */
export function textOf({ data, width, height }) {
  const bitmap = new BinaryBitmap(new HybridBinarizer(new RGBLuminanceSource(greys(data), width, height)));
  for (const reader of READERS) {
    try {
      return reader.decode(bitmap).getText();
    } catch (problem) {
      if (!(problem instanceof Exception)) throw problem; // nothing of this kind in the picture
    } finally {
      reader.reset();
    }
  }
  return null;
}

function greys(data) {
  const found = new Uint8ClampedArray(data.length / 4);
  for (let at = 0; at < found.length; at += 1) {
    const from = at * 4;
    found[at] = (data[from] * 306 + data[from + 1] * 601 + data[from + 2] * 117) >> 10;
  }
  return found;
}
