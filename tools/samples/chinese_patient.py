"""Write the sample patient with Chinese demographics: a Synthea bundle whose person is replaced, with its history kept.

    python tools/samples/chinese_patient.py 81f0b806-1f16-28e1-29d9-f421934b8a7e.json.gz

Every value is invented and recognisably so: the region code 999000 of the ID number and the postal code are not
assigned, the telephone numbers belong to no operator. The ID number has a valid check character (GB 11643-1999,
which is ISO 7064 MOD 11-2). Amounts keep their figures and become CNY. The result depends on nothing but the input.
"""

import argparse
import base64
import gzip
import json
from pathlib import Path
from typing import Any

OUT = Path(__file__).parents[2] / "src/medunion/demo/samples/zhang-wei.json.gz"
ID_SYSTEM = "urn:oid:2.16.156.10011.1.3"
"""OID of the resident identity number in China's health information standards (WS/T 303, WS 365)."""
V2_0203 = "http://terminology.hl7.org/CodeSystem/v2-0203"
PAYOR = "示例市城乡居民基本医疗保险"
KEPT_EXTENSIONS = ("disability-adjusted-life-years", "quality-adjusted-life-years")


def check_character(first_17: str) -> str:
    """The 18th character of a resident identity number (GB 11643-1999)."""
    total = sum(int(digit) * pow(2, 17 - index, 11) for index, digit in enumerate(first_17))
    return "10X98765432"[total % 11]


def identity_number(birth_date: str, male: bool) -> str:
    """A number for nobody: unassigned region, last sequence number of the day for the sex."""
    first_17 = "999000" + birth_date.replace("-", "") + ("999" if male else "998")
    return first_17 + check_character(first_17)


def person(patient: dict[str, Any]) -> dict[str, Any]:
    """The Patient resource with invented Chinese demographics; sex, birth date and ids stay."""
    own = [one for one in patient["identifier"] if one.get("system") == "https://github.com/synthetichealth/synthea"]
    number = identity_number(patient["birthDate"], patient["gender"] == "male")
    national = {"coding": [{"system": V2_0203, "code": "NI", "display": "National unique individual identifier"}]}
    changed = {
        "identifier": [
            *own,
            {"use": "official", "type": {**national, "text": "居民身份证"}, "system": ID_SYSTEM, "value": number},
            {
                "type": {"coding": [{"system": V2_0203, "code": "MR"}], "text": "门诊号"},
                "system": "http://hospital.example.cn/mrn",
                "value": "ZY00000001",
            },
        ],
        "extension": [one for one in patient["extension"] if one["url"].rpartition("/")[2] in KEPT_EXTENSIONS],
        "name": [{"use": "official", "text": "张伟", "family": "张", "given": ["伟"]}],
        "telecom": [{"system": "phone", "value": "+86 100 0000 0001", "use": "mobile"}],
        "address": [
            {
                "use": "home",
                "text": "示例省示例市和平县健康路1号2单元301室",
                "line": ["健康路1号2单元301室"],
                "city": "示例市",
                "district": "和平县",
                "state": "示例省",
                "postalCode": "999000",
                "country": "CN",
            }
        ],
        "maritalStatus": {**patient["maritalStatus"], "text": "未婚"},
        "communication": [
            {
                "language": {
                    "coding": [{"system": "urn:ietf:bcp:47", "code": "zh-CN", "display": "Chinese (China)"}],
                    "text": "中文",
                },
                "preferred": True,
            }
        ],
    }
    kept = {key: value for key, value in patient.items() if key != "meta"}
    return {**kept, **changed}


def additions(reference: str) -> list[dict[str, Any]]:
    """A Coverage and an allergy, which the Synthea patient lacks."""
    clinical = "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical"
    verified = "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification"
    return [
        {
            "resourceType": "Coverage",
            "id": "zhang-wei-coverage",
            "status": "active",
            "type": {"text": PAYOR},
            "subscriberId": "YB0000000001",
            "beneficiary": {"reference": reference},
            "period": {"start": "2024-01-01"},
            "payor": [{"display": PAYOR}],
        },
        {
            "resourceType": "AllergyIntolerance",
            "id": "zhang-wei-penicillin",
            "clinicalStatus": {"coding": [{"system": clinical, "code": "active"}]},
            "verificationStatus": {"coding": [{"system": verified, "code": "confirmed"}]},
            "type": "allergy",
            "category": ["medication"],
            "criticality": "high",
            "code": {
                "coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "7980"}],
                "text": "青霉素过敏",
            },
            "patient": {"reference": reference},
            "recordedDate": "2012-12-04",
        },
    ]


class Rewriter:
    """Replaces the old person's name, payor and currency wherever they stand, in encoded notes too."""

    def __init__(self, patient: dict[str, Any]) -> None:
        name = patient["name"][0]
        given, family = name["given"][0], name["family"]
        self._names = [
            (f"{name['prefix'][0]} {given} {family}", "张伟"),
            (f"{given} {family}", "张伟"),
            (given, "张伟"),
            (family, "张"),
            ("hispanic white ", ""),
            ("Blue Cross Blue Shield", PAYOR),
        ]

    def text(self, value: str) -> str:
        for old, new in self._names:
            value = value.replace(old, new)
        return value

    def node(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self.node(item) for item in value]
        if isinstance(value, str):
            return self.text(value)
        if not isinstance(value, dict):
            return value
        made = {key: self.node(item) for key, item in value.items()}
        if made.get("currency") == "USD":
            made["currency"] = "CNY"
        if "contentType" in made and "data" in made:
            made["data"] = base64.b64encode(self.text(base64.b64decode(made["data"]).decode()).encode()).decode()
        return made


def convert(bundle: dict[str, Any]) -> dict[str, Any]:
    """The bundle with the new person."""
    first = bundle["entry"][0]
    rewriter = Rewriter(first["resource"])
    entries = [{**first, "resource": person(first["resource"])}, *(rewriter.node(one) for one in bundle["entry"][1:])]
    for resource in additions(first["fullUrl"]):
        request = {"method": "POST", "url": resource["resourceType"]}
        address = f"http://hospital.example.cn/fhir/{resource['resourceType']}/{resource['id']}"
        entries.append({"fullUrl": address, "resource": resource, "request": request})
    return {**bundle, "entry": entries}


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the sample patient with Chinese demographics.")
    parser.add_argument("bundle", type=Path, help="Synthea bundle, gzip JSON")
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args()
    bundle = convert(json.loads(gzip.decompress(options.bundle.read_bytes())))
    text = json.dumps(bundle, ensure_ascii=False, indent=1)
    options.out.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    print(f"{options.out}: {options.out.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
