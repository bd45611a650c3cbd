{{/* Name of everything of one chart in one release; 52 characters, so that a cron job's pods fit. */}}
{{- define "lab.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* What never changes over upgrades, by which pods are found. */}}
{{- define "lab.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "lab.labels" -}}
{{ include "lab.labelsOf" (dict "root" . "image" .Values.image) }}
{{- end -}}

{{/* The same for what runs another image than the chart's own, as a canary does. */}}
{{- define "lab.labelsOf" -}}
{{ include "lab.selector" .root }}
app.kubernetes.io/version: {{ .image.tag | quote }}
app.kubernetes.io/part-of: course-lab
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end -}}

{{/* The image `of` (a dict with repository, tag, digest); a tag that moves is refused. */}}
{{- define "lab.image" -}}
{{- $tag := required "image.tag is not set: name a released version" .tag -}}
{{- if eq $tag "latest" }}{{ fail "image.tag is `latest`, which is another image tomorrow: name a version" }}{{ end -}}
{{- required "image.repository is not set" .repository -}}:{{ $tag }}{{ with .digest }}@{{ . }}{{ end }}
{{- end -}}
