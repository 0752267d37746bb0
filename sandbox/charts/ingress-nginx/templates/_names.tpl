{{- define "ingress-nginx.name" -}}
{{ .Values.nameOverride | default .Chart.Name }}
{{- end }}

{{- define "ingress-nginx.fullname" -}}
{{- $name := include "ingress-nginx.name" . -}}
{{- if .Values.fullnameOverride -}}{{ .Values.fullnameOverride }}
{{- else if contains $name .Release.Name -}}{{ .Release.Name }}
{{- else -}}{{ .Release.Name }}-{{ $name }}{{- end }}
{{- end }}

{{- define "ingress-nginx.namespace" -}}
{{ .Values.namespaceOverride | default .Release.Namespace }}
{{- end }}

{{- define "ingress-nginx.controller" -}}
{{ include "ingress-nginx.fullname" . }}-{{ .Values.controller.name }}
{{- end }}

{{- define "ingress-nginx.selector" -}}
app.kubernetes.io/name: {{ include "ingress-nginx.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "ingress-nginx.labels" -}}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{ include "ingress-nginx.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: {{ include "ingress-nginx.name" . }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "ingress-nginx.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}{{ .Values.serviceAccount.name | default (include "ingress-nginx.fullname" .) }}
{{- else -}}{{ .Values.serviceAccount.name | default "default" }}{{- end }}
{{- end }}

{{/* Called with a list: the root and the image's values. */}}
{{- define "ingress-nginx.image" -}}
{{- $image := index . 1 -}}
{{ $image.registry | default (index . 0).Values.global.image.registry }}/{{ $image.image }}:{{ $image.tag }}
{{- with $image.digest }}@{{ . }}{{ end }}
{{- end }}
