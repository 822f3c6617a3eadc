import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { begun, found, free, heardDelete, heardPut, refused, Told, unknown } from "./testing/told.ts";

describe("a contender", () => {
  test("looks at a held key again when it can have expired, by the broker's clock, and a little later", () => {
    assert.equal(
      new Told(0)
        .at(0, begun)
        .at(100, found({ ageMs: 4_000 }))
        .waitsUntil(),
      100 + 11_000,
    );
    assert.equal(
      new Told(0.999)
        .at(0, begun)
        .at(100, found({ ageMs: 4_000 }))
        .waitsUntil(),
      100 + 11_000 + 249.75,
    );
  });

  test("looks often at one that is due to go", () => {
    assert.equal(
      new Told()
        .at(0, begun)
        .at(100, found({ ageMs: 15_200 }))
        .waitsUntil(),
      100 + 125,
    );
  });

  test("is not misled by a broker whose clock was stepped", () => {
    assert.ok(new Told().at(0, begun, found({ ageMs: -3_600_000 })).waitsUntil() <= 15_250);
    assert.ok(new Told().at(0, begun, found({ ageMs: 3_600_000 })).waitsUntil() <= 250);
  });

  test("polls where the age cannot be known", () => {
    assert.equal(new Told().at(0, begun, found({ ageMs: undefined })).waitsUntil(), 500 + 125);
  });

  test("looks within 40 ms of hearing a release, whoever's it is", () => {
    for (const random of [0, 0.5, 0.999]) {
      const told = new Told(random).at(0, begun, found()).at(2_000, heardDelete);
      assert.ok(told.waitsUntil() <= 2_040);
    }
  });

  test("looks again soon when the release that it heard is not stored yet, or its look was older than that", () => {
    const late = new Told().at(0, begun, found()).at(2_000, heardDelete).at(2_020, begun).at(2_021, found());
    assert.ok(late.waitsUntil() <= 2_321);
    const overtaken = new Told().at(0, begun, found()).at(2_000, begun, heardDelete).at(2_001, found());
    assert.ok(overtaken.waitsUntil() <= 2_301);
    const unaware = new Told().at(2_000, begun, heardDelete, found());
    assert.ok(unaware.waitsUntil() <= 2_300);
  });

  test("believes no longer than 2 s in a release that does not come, nor when another holds it", () => {
    const refusedRelease = new Told().at(0, begun, found()).at(2_000, heardDelete).at(4_000, begun, found());
    assert.ok(refusedRelease.waitsUntil() > 10_000);
    const taken = new Told()
      .at(0, begun, found())
      .at(2_000, heardDelete)
      .at(2_020, begun, found({ holder: "third" }));
    assert.ok(taken.waitsUntil() > 10_000);
  });

  test("gives way once, for a moment, when it finds the key free but heard another writing it meanwhile", () => {
    const told = new Told().at(0, begun, heardPut).at(1, free);
    assert.equal(told.waitsUntil(), 1 + 225);
    told.at(226, begun, heardPut).at(227, free);
    assert.deepEqual(told.decides(), { kind: "acquire", expectedRevision: 0 });
  });

  test("is not put off by hearsay when a look is due", () => {
    const told = new Told().at(0, begun, found()).at(14_124, heardPut);
    assert.equal(told.waitsUntil(), 14_125);
    assert.deepEqual(new Told().at(0, heardPut, heardPut).decides(), { kind: "read" });
  });

  test("does not take at once a key that it found free but hears another writing", () => {
    const told = new Told().at(0, begun, free).at(1, heardPut);
    assert.equal(told.waitsUntil(), 1 + 225);
  });

  test("takes over a record that is its own, which a write of unknown outcome left", () => {
    const told = new Told().at(0, begun, free, begun, unknown);
    assert.equal(told.waitsUntil(), 225);
    told.at(225, begun, found({ mine: true, revision: 6 }));
    assert.deepEqual(told.decides(), { kind: "acquire", expectedRevision: 6 });
  });

  test("looks again a moment after a refusal or a failure, and still knows who held it", () => {
    assert.equal(new Told().at(0, begun, free, begun, refused).waitsUntil(), 225);
    const told = new Told().at(0, begun, found()).at(14_200, begun, { kind: "read-failed" });
    assert.equal(told.waitsUntil(), 14_425);
    assert.equal(told.state.key.kind, "held");
  });
});
