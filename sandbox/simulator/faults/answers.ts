import type { FaultAnswer } from './wireFault.ts';

/** The error page of a proxy between client and cluster. */
export function proxyPage(status: number): FaultAnswer {
  return {
    status,
    text: `<html>\r\n<head><title>${status} Bad Gateway</title></head>\r\n<body><center><h1>${status}</h1></center></body>\r\n</html>\r\n`,
    contentType: 'text/html',
  };
}

/** JSON cut off in the middle. */
export function halfJson(status = 200): FaultAnswer {
  return { status, text: '{"backupId":1000,"state":"COMPL', contentType: 'application/json' };
}

export function springError(status: number, error: string, path: string): FaultAnswer {
  return { status, json: { timestamp: new Date().toISOString(), status, error, path } };
}

export function problemJson(status: number, title: string, detail: string): FaultAnswer {
  return {
    status,
    json: { type: 'about:blank', title, status, detail },
    contentType: 'application/problem+json',
  };
}

export function emptyAnswer(status: number): FaultAnswer {
  return { status };
}
