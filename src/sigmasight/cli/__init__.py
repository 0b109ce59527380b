"""The command line: translate, open the transaction, nothing else."""
