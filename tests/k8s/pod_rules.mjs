// What every pod of the suite keeps. Each rule takes a workload and returns what
// is wrong with it.

const MIN_ID = 10000;
// What a program may take after its drain before it ends itself.
const WATCHDOG_SECONDS = 20;

const podOf = (workload) => workload.spec.template.spec;
const containersOf = (workload) => [
  ...(podOf(workload).initContainers ?? []),
  ...podOf(workload).containers,
];

/** Whether the object runs pods. */
export function isWorkload(object) {
  return object.spec?.template?.spec?.containers !== undefined;
}

/** Returns one text a container for which `fault` returns one. */
function perContainer(fault) {
  return (workload, context) =>
    containersOf(workload).flatMap((container) => {
      const what = fault(container, workload, context);
      return what ? [`${container.name}: ${what}`] : [];
    });
}

function probePort(probe) {
  return (probe.grpc ?? probe.httpGet ?? probe.tcpSocket)?.port;
}

/** Returns the seconds in `20s` or `1m`. */
export function secondsOf(duration) {
  const match = /^(\d+)(s|m)$/.exec(duration);
  if (!match) throw new Error(`'${duration}' is no duration of this test.`);
  return Number(match[1]) * (match[2] === 'm' ? 60 : 1);
}

function sleepBeforeStop(container) {
  const command = container.lifecycle?.preStop?.exec?.command ?? [];
  return command[0] === 'sleep' ? Number(command[1]) : 0;
}

export const POD_RULES = {
  'runs as a fixed user that is not root': (workload) => {
    const context = podOf(workload).securityContext ?? {};
    const faults = [];
    if (context.runAsNonRoot !== true) faults.push('runAsNonRoot is not set');
    if (!(context.runAsUser >= MIN_ID)) faults.push('runAsUser is below 10000');
    if (!(context.runAsGroup >= MIN_ID)) faults.push('runAsGroup is below 10000');
    return faults;
  },
  'has the default seccomp profile': (workload) =>
    podOf(workload).securityContext?.seccompProfile?.type === 'RuntimeDefault'
      ? []
      : ['seccompProfile is not RuntimeDefault'],
  'can write only to its volumes': perContainer((container) =>
    container.securityContext?.readOnlyRootFilesystem === true
      ? ''
      : 'the root file system is writable'),
  'gains no privileges': perContainer((container) => {
    const context = container.securityContext ?? {};
    if (context.allowPrivilegeEscalation !== false) return 'may escalate';
    if (context.privileged) return 'is privileged';
    if (!context.capabilities?.drop?.includes('ALL')) return 'keeps capabilities';
    return context.capabilities.add ? 'adds capabilities' : '';
  }),
  'shares nothing of the node': (workload) => {
    const pod = podOf(workload);
    const faults = ['hostNetwork', 'hostPID', 'hostIPC'].filter((key) => pod[key]);
    return faults.concat(
      (pod.volumes ?? []).filter((v) => v.hostPath).map((v) => `${v.name}: hostPath`));
  },
  'has no token of the cluster and no links in its environment': (workload) => {
    const pod = podOf(workload);
    const faults = [];
    if (pod.automountServiceAccountToken !== false) faults.push('mounts a token');
    if (pod.enableServiceLinks !== false) faults.push('has service links');
    return faults;
  },
  'has a service account of its own': (workload, { objects }) => {
    const name = podOf(workload).serviceAccountName;
    const account = objects.find(
      (o) => o.kind === 'ServiceAccount' && o.metadata.name === name);
    if (!account || name !== workload.metadata.name) return ['has no account'];
    return account.automountServiceAccountToken === false
      ? []
      : ['the account mounts its token'];
  },
  'asks for what it may use': perContainer((container) => {
    const { requests = {}, limits = {} } = container.resources ?? {};
    if (!requests.cpu || !requests.memory) return 'requests are missing';
    if (requests.memory !== limits.memory) return 'memory: request is not limit';
    return limits.cpu ? 'a CPU limit throttles' : '';
  }),
  'is probed at start, for life and for readiness, by numbers': perContainer(
    (container) => {
      const served = (container.ports ?? []).map((port) => port.containerPort);
      for (const kind of ['startupProbe', 'livenessProbe', 'readinessProbe']) {
        const probe = container[kind];
        if (!probe) return `${kind} is missing`;
        if (probe.exec) continue;
        if (!Number.isInteger(probePort(probe))) return `${kind}: no numeric port`;
        if (!served.includes(probePort(probe))) return `${kind}: nothing serves it`;
      }
      return '';
    }),
  'has a bounded start of at least two minutes': perContainer((container) => {
    const probe = container.startupProbe ?? {};
    return probe.periodSeconds * probe.failureThreshold >= 120
      ? ''
      : 'startupProbe gives up early';
  }),
  'has time to stop': (workload, { settingsOf }) => {
    const grace = podOf(workload).terminationGracePeriodSeconds;
    if (grace !== 60) return ['terminationGracePeriodSeconds is not 60'];
    return containersOf(workload).flatMap((container) => {
      const { CRM_DRAIN: drain, CRM_DRAIN_DELAY: delay = '0s' } =
        settingsOf(container);
      if (drain === undefined) return [];
      const needed = sleepBeforeStop(container) + secondsOf(delay) +
        secondsOf(drain) + WATCHDOG_SECONDS;
      return needed < grace ? [] : [`${container.name}: needs ${needed} s to stop`];
    });
  },
  'runs a pinned image': perContainer((container) => {
    const pinned = /(:[\w][\w.-]*|@sha256:[0-9a-f]{64})$/.test(container.image);
    if (!pinned || container.image.endsWith(':latest')) return 'the image floats';
    return container.imagePullPolicy === 'IfNotPresent' ? '' : 'is always pulled';
  }),
  'bounds its scratch volumes': (workload) =>
    (podOf(workload).volumes ?? [])
      .filter((volume) => volume.emptyDir && !volume.emptyDir.sizeLimit)
      .map((volume) => `${volume.name} has no sizeLimit`),
  'reads secrets as files that only its group sees': (workload) => {
    const faults = containersOf(workload)
      .filter((c) =>
        (c.env ?? []).some((e) => e.valueFrom?.secretKeyRef) ||
        (c.envFrom ?? []).some((e) => e.secretRef))
      .map((c) => `${c.name}: a secret in the environment`);
    for (const volume of podOf(workload).volumes ?? []) {
      if (!volume.secret) continue;
      if (volume.secret.defaultMode !== 0o440) faults.push(`${volume.name}: mode`);
      if (!volume.secret.items) faults.push(`${volume.name}: every key`);
    }
    return faults;
  },
  'is named, and its selector finds it': (workload) => {
    const labels = workload.spec.template.metadata.labels;
    const faults = [];
    for (const label of ['app.kubernetes.io/name', 'app.kubernetes.io/part-of']) {
      if (!labels[label]) faults.push(`no label ${label}`);
    }
    for (const [key, value] of Object.entries(workload.spec.selector.matchLabels)) {
      if (labels[key] !== value) faults.push(`the selector asks for ${key}`);
    }
    return faults;
  },
  'keeps one writer a volume': (workload) => {
    const claims = workload.spec.volumeClaimTemplates ?? [];
    const persistent = claims.length > 0 ||
      (podOf(workload).volumes ?? []).some((v) => v.persistentVolumeClaim);
    if (!persistent) return [];
    const faults = [];
    if (workload.kind !== 'StatefulSet') faults.push('is no StatefulSet');
    if (workload.spec.replicas !== 1) faults.push('has not one replica');
    for (const claim of claims) {
      for (const mode of claim.spec.accessModes) {
        if (!['ReadWriteOnce', 'ReadWriteOncePod'].includes(mode)) faults.push(mode);
      }
    }
    if (!(podOf(workload).securityContext?.fsGroup >= MIN_ID)) {
      faults.push('cannot write its volume without fsGroup');
    }
    return faults;
  },
  'rolls out without a gap and keeps few revisions': (workload) => {
    const faults = [];
    if (workload.spec.revisionHistoryLimit !== 5) faults.push('revisionHistoryLimit');
    if (workload.kind !== 'Deployment') return faults;
    const rolling = workload.spec.strategy?.rollingUpdate ?? {};
    if (rolling.maxUnavailable !== 0 || rolling.maxSurge !== 1) faults.push('strategy');
    if (workload.spec.minReadySeconds !== 10) faults.push('minReadySeconds');
    return faults;
  },
};

/** Returns `workload: rule: fault` for everything that breaks a rule. */
export function podProblems(objects, settingsOf) {
  return objects.filter(isWorkload).flatMap((workload) =>
    Object.entries(POD_RULES).flatMap(([rule, check]) =>
      check(workload, { objects, settingsOf }).map(
        (fault) => `${workload.metadata.name}: ${rule}: ${fault}`)));
}
