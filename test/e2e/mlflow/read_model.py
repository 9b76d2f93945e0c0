"""Reads one model with MLflow's own client: URI and name on the command line, JSON on standard output."""
import json
import sys

from mlflow import MlflowClient

uri, name = sys.argv[1:]
client = MlflowClient(tracking_uri=uri, registry_uri=uri)
experiment, model = client.get_experiment_by_name(name), client.get_registered_model(name)
versions = client.search_model_versions(f"name='{name}'")
print(json.dumps({
    "experiment": {"id": experiment.experiment_id, "tags": experiment.tags},
    "model": {"description": model.description, "tags": model.tags, "aliases": model.aliases},
    "versions": [{"version": each.version, "source": each.source, "tags": each.tags, "status": each.status}
                 for each in versions],
}))
