{{/* A pod that may do no more than it must. Takes a dict: root (the chart), image, track. */}}
{{- define "lab.podMetadata" -}}
labels:
  {{- include "lab.labelsOf" . | nindent 2 }}
  {{- with .track }}
  course-lab/track: {{ . }}
  {{- end }}
annotations:
  # A pod that was told other settings is another pod.
  checksum/settings: {{ .root.Values.settings | default dict | merge (.root.Values.global.settings | default dict | deepCopy) | toJson | sha256sum }}
  {{- if .root.Values.metrics.enabled }}
  prometheus.io/scrape: "true"
  prometheus.io/port: {{ .root.Values.metrics.port | quote }}
  prometheus.io/path: {{ .root.Values.metrics.path }}
  {{- end }}
{{- end -}}

{{- define "lab.podSpec" -}}
{{- $v := .root.Values -}}
serviceAccountName: {{ include "lab.fullname" .root }}
automountServiceAccountToken: false
enableServiceLinks: false
terminationGracePeriodSeconds: {{ $v.graceSeconds }}
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile: {type: RuntimeDefault}
{{- with $v.global.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $v.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $v.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $v.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
containers:
  - name: {{ .root.Chart.Name }}
    image: {{ include "lab.image" .image | quote }}
    imagePullPolicy: IfNotPresent
    {{- with $v.command }}
    command: {{- toYaml . | nindent 6 }}
    {{- end }}
    {{- with $v.args }}
    args: {{- toYaml . | nindent 6 }}
    {{- end }}
    securityContext:
      allowPrivilegeEscalation: false
      readOnlyRootFilesystem: true
      privileged: false
      capabilities: {drop: [ALL]}
    envFrom:
      - configMapRef: {name: {{ include "lab.fullname" .root }}}
    env:
      - {name: LAB_SECRETS_DIR, value: /run/secrets/lab}
      - {name: HOME, value: /tmp}
    {{- with .ports }}
    ports: {{- toYaml . | nindent 6 }}
    {{- end }}
    {{- with .probes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
    resources: {{- toYaml (required "resources is not set" $v.resources) | nindent 6 }}
    volumeMounts:
      - {name: tmp, mountPath: /tmp}
      {{- with $v.keeps }}
      - {name: kept, mountPath: {{ .at }}{{ if .readOnly }}, readOnly: true{{ end }}}
      {{- end }}
      {{- if or $v.secretName $v.global.secretName }}
      - {name: secrets, mountPath: /run/secrets/lab, readOnly: true}
      {{- end }}
volumes:
  - name: tmp
    emptyDir: {sizeLimit: {{ $v.scratch }}}
  {{- with $v.keeps }}
  # Outlives the pods; the chart that names it makes it.
  - name: kept
    persistentVolumeClaim: {claimName: {{ .claim }}}
  {{- end }}
  {{- with $v.secretName | default $v.global.secretName }}
  # Files and not variables: a variable is inherited by every child and shown by every crash report.
  - name: secrets
    secret: {secretName: {{ . }}, defaultMode: 0440}
  {{- end }}
{{- end -}}
