{{- define "cert-manager.name" -}}
{{ .Values.nameOverride | default .Chart.Name }}
{{- end }}

{{- define "cert-manager.fullname" -}}
{{- $name := include "cert-manager.name" . -}}
{{- if .Values.fullnameOverride -}}{{ .Values.fullnameOverride }}
{{- else if contains $name .Release.Name -}}{{ .Release.Name }}
{{- else -}}{{ .Release.Name }}-{{ $name }}{{- end }}
{{- end }}

{{- define "cert-manager.namespace" -}}
{{ .Values.namespace | default .Release.Namespace }}
{{- end }}

{{/*
The three programs and the start-up check differ in few things. Templates below are called with a part's name
(controller, webhook, cainjector, startupapicheck) and the root: (list "webhook" .).
*/}}
{{- define "cert-manager.values" -}}
{{- $root := index . 1 -}}
{{ eq (index . 0) "controller" | ternary $root.Values (index $root.Values (index . 0)) | toJson }}
{{- end }}

{{- define "cert-manager.partname" -}}
{{- include "cert-manager.fullname" (index . 1) -}}
{{- if ne (index . 0) "controller" -}}-{{ index . 0 }}{{- end }}
{{- end }}

{{- define "cert-manager.selector" -}}
app.kubernetes.io/name: {{ eq (index . 0) "controller" | ternary (include "cert-manager.name" (index . 1)) (index . 0) }}
app.kubernetes.io/instance: {{ (index . 1).Release.Name }}
app.kubernetes.io/component: {{ index . 0 }}
{{- end }}

{{- define "cert-manager.labels" -}}
{{- $root := index . 1 -}}
app: {{ eq (index . 0) "controller" | ternary (include "cert-manager.name" $root) (index . 0) }}
{{ include "cert-manager.selector" . }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ $root.Chart.Name }}-{{ $root.Chart.Version }}
{{- with $root.Values.global.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "cert-manager.serviceAccount" -}}
{{- $account := (include "cert-manager.values" . | fromJson).serviceAccount -}}
{{- if $account.create -}}{{ $account.name | default (include "cert-manager.partname" .) }}
{{- else -}}{{ $account.name | default "default" }}{{- end }}
{{- end }}

{{/* Called with an image's values and the root. */}}
{{- define "cert-manager.image" -}}
{{- $image := index . 0 -}}{{- $root := index . 1 -}}
{{- if $image.repository -}}
{{- with $image.registry }}{{ . }}/{{ end }}{{ $image.repository }}
{{- else -}}
{{ $image.registry | default $root.Values.imageRegistry }}/{{ $root.Values.imageNamespace }}/{{ $image.name }}
{{- end -}}
{{- if $image.digest }}@{{ $image.digest }}{{ else }}:{{ $image.tag | default $root.Chart.AppVersion }}{{ end }}
{{- end }}
