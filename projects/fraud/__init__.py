"""Card fraud detection: simulator, features, metrics, training and registry."""
