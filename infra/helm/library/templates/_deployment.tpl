{{/* Takes a dict: root, image, name, track, replicas (none: the autoscaler says), ports, probes, surge. */}}
{{- define "lab.deployment" -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .name }}
  labels:
    {{- include "lab.labelsOf" . | nindent 4 }}
    course-lab/track: {{ .track }}
spec:
  {{- with .replicas }}
  replicas: {{ . }}
  {{- end }}
  revisionHistoryLimit: 5
  progressDeadlineSeconds: 600
  selector:
    matchLabels:
      {{- include "lab.selector" .root | nindent 6 }}
      course-lab/track: {{ .track }}
  strategy:
    type: RollingUpdate
    rollingUpdate:
      maxUnavailable: {{ if .surge }}0{{ else }}1{{ end }}
      maxSurge: {{ if .surge }}1{{ else }}0{{ end }}
  template:
    metadata:
      {{- include "lab.podMetadata" . | nindent 6 }}
    spec:
      # One zone's or one node's death takes not all of them.
      topologySpreadConstraints:
        {{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
        - maxSkew: 1
          topologyKey: {{ . }}
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels:
              {{- include "lab.selector" $.root | nindent 14 }}
              course-lab/track: {{ $.track }}
        {{- end }}
      {{- include "lab.podSpec" . | nindent 6 }}
{{- end -}}
