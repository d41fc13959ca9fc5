/** The StatefulSet of the brokers as Camunda's Helm chart makes it, as far as a restore looks at it. */
export function brokersOf(replicas: number) {
  const selecting = { 'app.kubernetes.io/name': 'camunda', 'app.kubernetes.io/component': 'zeebe-broker' };
  return {
    metadata: { name: 'camunda-zeebe', annotations: {} as Record<string, string> },
    spec: {
      replicas,
      serviceName: 'camunda-zeebe',
      selector: { matchLabels: selecting },
      template: {
        metadata: {
          labels: { ...selecting, 'azure.workload.identity/use': 'true' },
          annotations: { 'checksum/config': 'ab12' },
        },
        spec: {
          serviceAccountName: 'camunda-zeebe',
          securityContext: { fsGroup: 1001 },
          tolerations: [{ key: 'camunda', operator: 'Exists' }],
          initContainers: [{ name: 'exporters', image: 'exporters:1', command: ['cp'] }],
          containers: [
            {
              name: 'zeebe',
              image: 'camunda/zeebe:8.7.1',
              env: [
                { name: 'K8S_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
                { name: 'K8S_NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
                { name: 'ZEEBE_BROKER_DATA_BACKUP_STORE', value: 'S3' },
                { name: 'SPRING_PROFILES_ACTIVE', value: 'broker' },
                { name: 'JAVA_TOOL_OPTIONS', value: '-Xlog:gc:file=/usr/local/zeebe/data/gc.log' },
                { name: 'S3_KEY', valueFrom: { secretKeyRef: { name: 's3', key: 'key' } } },
              ],
              envFrom: [{ secretRef: { name: 'backup-store' } }],
              ports: [{ containerPort: 9600, name: 'http' }],
              readinessProbe: { httpGet: { path: '/ready', port: 9600 } },
              livenessProbe: { httpGet: { path: '/live', port: 9600 } },
              securityContext: { runAsUser: 1001 },
              resources: { limits: { memory: '2Gi' } },
              volumeMounts: [
                { name: 'config', mountPath: '/usr/local/bin/startup.sh', subPath: 'startup.sh' },
                { name: 'data', mountPath: '/usr/local/zeebe/data' },
              ],
            },
            { name: 'log-shipper', image: 'shipper:1' },
          ],
          volumes: [{ name: 'config', configMap: { name: 'camunda-zeebe', defaultMode: 492 } }],
        },
      },
      volumeClaimTemplates: [{ metadata: { name: 'data' } }],
    },
  };
}

/** A Deployment of one of the web applications. */
export function deploymentOf(name: string, replicas: number) {
  const labels = { 'app.kubernetes.io/component': name };
  return {
    metadata: { name, annotations: {} as Record<string, string> },
    spec: {
      replicas,
      selector: {
        matchLabels: labels,
        matchExpressions: [{ key: 'track', operator: 'NotIn', values: ['canary'] }],
      },
      template: { metadata: { labels }, spec: { containers: [{ name, image: `camunda/${name}:8.7.1` }] } },
    },
  };
}
