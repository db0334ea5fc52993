{{- define "record.name" -}}
{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 52 | trimSuffix "-" }}
{{- end }}

{{- define "record.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "record.labels" -}}
{{ include "record.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "record.image" -}}
{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag }}{{ end }}
{{- end }}

{{- define "record.indexClaim" -}}
{{ .Values.index.existingClaim | default (printf "%s-index" (include "record.name" .)) }}
{{- end }}

{{- define "record.lockedContainer" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{- define "record.storeEnvironment" -}}
- name: ASK_RECORD_STORE
  value: {{ .Values.store.url | quote }}
{{- if .Values.store.tokenSecret }}
- name: ASK_RECORD_STORE_TOKEN
  valueFrom:
    secretKeyRef:
      name: {{ .Values.store.tokenSecret }}
      key: {{ .Values.store.tokenKey }}
{{- end }}
{{- end }}
