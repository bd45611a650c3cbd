{{/* What stands around pods: identity, settings, who may speak to them, how few may be left. */}}
{{- define "lab.serviceAccount" -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ include "lab.fullname" . }}
  labels: {{- include "lab.labels" . | nindent 4 }}
  {{- with .Values.roleArn }}
  annotations:
    eks.amazonaws.com/role-arn: {{ . }}
  {{- end }}
automountServiceAccountToken: false
{{- end -}}

{{- define "lab.settings" -}}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ include "lab.fullname" . }}
  labels: {{- include "lab.labels" . | nindent 4 }}
data:
  {{- range $name, $value := merge (.Values.settings | default dict | deepCopy) (.Values.global.settings | default dict) }}
  {{- if regexMatch "PASSWORD|SECRET_KEY|ACCESS_KEY|TOKEN" $name }}
  {{- fail (printf "%s is a secret: put it into the Secret named by secretName, as a file %s" $name (lower $name)) }}
  {{- end }}
  {{ $name }}: {{ $value | quote }}
  {{- end }}
{{- end -}}

{{- define "lab.disruptionBudget" -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ include "lab.fullname" . }}
  labels: {{- include "lab.labels" . | nindent 4 }}
spec:
  maxUnavailable: 1
  # A pod that is broken anyway shall not hold up a node's renewal.
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      {{- include "lab.selector" . | nindent 6 }}
{{- end -}}

{{/* Nobody in and nowhere out, but for what the values name. */}}
{{- define "lab.networkPolicy" -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ include "lab.fullname" . }}
  labels: {{- include "lab.labels" . | nindent 4 }}
spec:
  podSelector:
    matchLabels:
      {{- include "lab.selector" . | nindent 6 }}
  policyTypes: [Ingress, Egress]
  ingress:
    {{- range .Values.network.from }}
    - from: {{- toYaml .peers | nindent 8 }}
      ports:
        {{- range .ports }}
        - {protocol: TCP, port: {{ . }}}
        {{- end }}
    {{- else }} []
    {{- end }}
  egress:
    - to:
        - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}
          podSelector: {matchLabels: {k8s-app: kube-dns}}
      ports:
        - {protocol: UDP, port: 53}
        - {protocol: TCP, port: 53}
    {{- range concat (.Values.network.to | default list) (.Values.global.network.to | default list) }}
    - to: {{- toYaml .peers | nindent 8 }}
      ports:
        {{- range .ports }}
        - {protocol: TCP, port: {{ . }}}
        {{- end }}
    {{- end }}
{{- end -}}
