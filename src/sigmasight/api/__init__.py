"""The REST API: translate, open the transaction, nothing else."""
