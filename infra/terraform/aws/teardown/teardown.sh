#!/bin/sh
# Plan the end of an environment, or carry that plan out: everything that holds no data, in the order below.
#   teardown.sh plan  ROOT [OPTIONS of terraform plan]      writes ROOT/teardown.tfplan and shows it
#   teardown.sh apply ROOT                                  carries out that plan and no other
# What holds data (brokers, rds, s3) stays, whatever is said here: see README.md.
set -eu
[ $# -ge 2 ] || { sed -n '2,5s/^# //p' "$0" >&2; exit 2; }
what="$1"
root="$2"
shift 2

# Last things first: nothing is taken away on which something stands. Terraform itself orders within a step;
# the modules that stay are named by leaving them out.
KEEPS="brokers|rds|s3"
DATA="aws_msk_cluster|aws_db_instance|aws_s3_bucket|aws_kms_key|aws_secretsmanager_secret"
# The network carries brokers and rds, so it stays while they do; its parts that cost and carry nothing may go.
ORDER="budgets alb scaling iam eks cache ecr"

targets() {
  for module in $ORDER; do
    if terraform -chdir="$root" state list 2>/dev/null | grep -q "^module[.]$module[.]"; then
      printf -- '-target=module.%s ' "$module"
    fi
  done
}

case "$what" in
  plan)
    named="$(targets)"
    [ -n "$named" ] || { echo "Nothing of $ORDER is in the state of $root." >&2; exit 1; }
    # shellcheck disable=SC2086 — each target is a word of its own.
    terraform -chdir="$root" plan -destroy -out=teardown.tfplan $named "$@"
    # Rules that let a cluster in go with the cluster; what holds data may not be among it.
    if terraform -chdir="$root" show -no-color teardown.tfplan |
      grep -E "# module[.]($KEEPS)[.]($DATA)[.].* will be destroyed"; then
      rm -f "$root/teardown.tfplan"
      echo "The plan would destroy data: it is thrown away." >&2
      exit 1
    fi
    ;;
  apply)
    [ -f "$root/teardown.tfplan" ] || { echo "There is no plan: run '$0 plan $root' and read it." >&2; exit 1; }
    terraform -chdir="$root" apply teardown.tfplan
    rm -f "$root/teardown.tfplan"
    ;;
  *)
    echo "$what is neither plan nor apply." >&2
    exit 2
    ;;
esac
