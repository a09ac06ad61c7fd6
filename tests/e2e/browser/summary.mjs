// A FHIR resource in one line for people.

const concept = (value) => value?.text ?? value?.coding?.[0]?.display ?? value?.coding?.[0]?.code;

function measured(resource) {
  const quantity = resource.valueQuantity;
  if (quantity !== undefined) return `${quantity.value} ${quantity.unit ?? quantity.code ?? ""}`.trim();
  return resource.valueString ?? concept(resource.valueCodeableConcept);
}

/** What it is about, its value, and when: as much of it as the resource says. */
export function summarise(resource) {
  if (resource === null) return "a binary";
  const name = resource.name?.[0];
  const about = name && (name.text ?? [...(name.given ?? []), name.family].filter(Boolean).join(" "));
  const what = concept(resource.code) ?? concept(resource.vaccineCode) ?? concept(resource.type) ?? about;
  const when = resource.effectiveDateTime ?? resource.onsetDateTime ?? resource.date ?? resource.birthDate;
  return [what, measured(resource), when?.slice(0, 10)].filter(Boolean).join(", ") || "no summary";
}
