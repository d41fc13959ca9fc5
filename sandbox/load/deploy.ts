import { request } from 'undici';
import { z } from 'zod';

/** The deployed process: one service task of the type `work`, then one user task. */
export const processId = 'order';
export const jobType = 'work';

const bpmn = `<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"
    xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC"
    xmlns:di="http://www.omg.org/spec/DD/20100524/DI" id="definitions" targetNamespace="http://bpmn.io/schema/bpmn">
  <bpmn:process id="${processId}" name="Order" isExecutable="true">
    <bpmn:startEvent id="start" />
    <bpmn:sequenceFlow id="toWork" sourceRef="start" targetRef="work" />
    <bpmn:serviceTask id="work" name="Pack">
      <bpmn:extensionElements><zeebe:taskDefinition type="${jobType}" /></bpmn:extensionElements>
    </bpmn:serviceTask>
    <bpmn:sequenceFlow id="toCheck" sourceRef="work" targetRef="check" />
    <bpmn:userTask id="check" name="Check">
      <bpmn:extensionElements><zeebe:userTask /></bpmn:extensionElements>
    </bpmn:userTask>
    <bpmn:sequenceFlow id="toEnd" sourceRef="check" targetRef="end" />
    <bpmn:endEvent id="end" />
  </bpmn:process>
  <bpmndi:BPMNDiagram id="diagram">
    <bpmndi:BPMNPlane id="plane" bpmnElement="${processId}">
      <bpmndi:BPMNShape id="startShape" bpmnElement="start"><dc:Bounds x="160" y="102" width="36" height="36" /></bpmndi:BPMNShape>
      <bpmndi:BPMNShape id="workShape" bpmnElement="work"><dc:Bounds x="250" y="80" width="100" height="80" /></bpmndi:BPMNShape>
      <bpmndi:BPMNShape id="checkShape" bpmnElement="check"><dc:Bounds x="410" y="80" width="100" height="80" /></bpmndi:BPMNShape>
      <bpmndi:BPMNShape id="endShape" bpmnElement="end"><dc:Bounds x="572" y="102" width="36" height="36" /></bpmndi:BPMNShape>
      <bpmndi:BPMNEdge id="toWorkEdge" bpmnElement="toWork"><di:waypoint x="196" y="120" /><di:waypoint x="250" y="120" /></bpmndi:BPMNEdge>
      <bpmndi:BPMNEdge id="toCheckEdge" bpmnElement="toCheck"><di:waypoint x="350" y="120" /><di:waypoint x="410" y="120" /></bpmndi:BPMNEdge>
      <bpmndi:BPMNEdge id="toEndEdge" bpmnElement="toEnd"><di:waypoint x="510" y="120" /><di:waypoint x="572" y="120" /></bpmndi:BPMNEdge>
    </bpmndi:BPMNPlane>
  </bpmndi:BPMNDiagram>
</bpmn:definitions>
`;

const DeploymentAnswer = z.object({ deploymentKey: z.union([z.number(), z.string()]) });

/** Deploys the process through the broker's REST API (`POST /v2/deployments`). Repeating it changes nothing. */
export async function deploy(restUrl: string): Promise<void> {
  const form = new FormData();
  form.append('resources', new Blob([bpmn], { type: 'text/xml' }), 'order.bpmn');
  const encoded = new Response(form);
  const answer = await request(`${restUrl}/v2/deployments`, {
    method: 'POST',
    body: Buffer.from(await encoded.arrayBuffer()),
    headers: { 'content-type': encoded.headers.get('content-type') ?? '', accept: 'application/json' },
  });
  const text = await answer.body.text();
  if (answer.statusCode !== 200) throw new Error(`Deployment answered ${answer.statusCode}: ${text}`);
  DeploymentAnswer.parse(JSON.parse(text));
}
