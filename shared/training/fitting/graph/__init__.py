"""Fitted scikit-learn models as ONNX graphs in double precision. The only room with onnx."""
