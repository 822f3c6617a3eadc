import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { drawDelay } from "./observe-contender.ts";
import { createRandom } from "./simulation/world.ts";
import { begun, found, free, heardDelete, heardPut, refused, Told, unknown } from "./testing/told.ts";

describe("a contender", () => {
  test("looks at a held key again when it must have expired, by the broker's clock, and a little later", () => {
    assert.equal(
      new Told(0)
        .at(0, begun)
        .at(100, found({ ageMs: 4_000 }))
        .waitsUntil(),
      100 + 11_320,
    );
    const latestMono = new Told(0.999)
      .at(0, begun)
      .at(100, found({ ageMs: 4_000 }))
      .waitsUntil();
    assert.ok(latestMono > 100 + 11_320 && latestMono <= 100 + 11_470);
  });

  test("looks again soon at one that is due to go", () => {
    const told = new Told().at(0, begun).at(100, found({ ageMs: 15_400 }));
    assert.ok(told.waitsUntil() > 100 && told.waitsUntil() <= 250);
  });

  test("is not misled by a broker whose clock was stepped", () => {
    assert.ok(new Told().at(0, begun, found({ ageMs: -3_600_000 })).waitsUntil() <= 15_470);
    assert.ok(new Told().at(0, begun, found({ ageMs: 3_600_000 })).waitsUntil() <= 150);
  });

  test("polls where the age cannot be known", () => {
    const untilMono = new Told().at(0, begun, found({ ageMs: undefined })).waitsUntil();
    assert.ok(untilMono >= 500 && untilMono <= 750);
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
    assert.deepEqual(told.decides(), { kind: "acquire", expectedRevision: 0, expectedBucketRevision: 9 });
  });

  test("gives way once, for a moment, when its look comes late: the others may have been quicker", () => {
    const told = new Told().at(0, begun, found()).at(2_000, heardDelete).at(2_060, begun).at(2_090, free);
    assert.equal(told.waitsUntil(), 2_090 + 225);
    told.at(2_400, begun).at(2_500, free);
    assert.deepEqual(told.decides(), { kind: "acquire", expectedRevision: 0, expectedBucketRevision: 9 });
  });

  test("puts a look off once when it hears another writing, whatever else it hears after that", () => {
    const told = new Told().at(0, begun, found()).at(2_000, heardDelete).at(2_001, heardPut);
    assert.equal(told.waitsUntil(), 2_001 + 225);
    told.at(2_100, heardPut);
    assert.equal(told.waitsUntil(), 2_001 + 225);
    told.at(2_110, heardDelete).at(2_111, heardPut).at(2_112, heardPut);
    assert.ok(told.waitsUntil() <= 2_150);
  });

  test("is not put off by hearsay when a held key is due for a look", () => {
    const told = new Told().at(0, begun, found());
    const dueMono = told.waitsUntil();
    assert.equal(told.at(dueMono - 1, heardPut).waitsUntil(), dueMono);
  });

  test("does not take at once a key that it found free but hears another writing", () => {
    const told = new Told().at(0, begun, free).at(1, heardPut);
    assert.equal(told.waitsUntil(), 1 + 225);
  });

  test("takes over a record that is its own, which a write of unknown outcome left", () => {
    const told = new Told().at(0, begun, free, begun, unknown);
    assert.equal(told.waitsUntil(), 225);
    told.at(225, begun, found({ mine: true, revision: 6 }));
    assert.deepEqual(told.decides(), { kind: "acquire", expectedRevision: 6, expectedBucketRevision: 9 });
  });

  test("that is not fit leaves a free key to others, looks on, and takes it when it is fit", () => {
    const told = new Told().as("unfit").at(0, begun, found()).at(15_000, begun, free);
    assert.equal(told.waitsUntil(), 15_225);
    told.at(15_225, begun).at(15_230, free);
    assert.equal(told.waitsUntil(), 15_455);
    told.as("fit").at(15_455, begun, free);
    assert.deepEqual(told.decides(), { kind: "acquire", expectedRevision: 0, expectedBucketRevision: 9 });
  });

  test("that is not fit takes a key that nobody has wanted for one TTL, counted anew when somebody has held it", () => {
    const told = new Told().as("unfit").at(0, begun, free).at(14_999, begun, free);
    assert.equal(told.waitsUntil(), 14_999 + 225);
    assert.equal(told.at(15_224, begun, free).decides().kind, "acquire");
    const again = new Told().as("unfit").at(0, begun, free).at(1_000, begun, found()).at(16_000, begun, free);
    assert.equal(again.waitsUntil(), 16_000 + 225);
  });

  test("looks again a moment after a refusal or a failure, and still knows who held it", () => {
    assert.equal(new Told().at(0, begun, free, begun, refused).waitsUntil(), 225);
    const told = new Told().at(0, begun, found()).at(14_250, begun, { kind: "read-failed" });
    assert.equal(told.waitsUntil(), 14_475);
    assert.equal(told.state.key.kind, "held");
  });
});

test("of any number of candidates only a few draw a delay close to the shortest one", () => {
  const random = createRandom(1);
  for (const candidates of [2, 10, 100, 400]) {
    const rounds = 200;
    let close = 0;
    for (let round = 0; round < rounds; round += 1) {
      const delays = Array.from({ length: candidates }, () => drawDelay(random()));
      const shortest = Math.min(...delays);
      assert.ok(shortest >= 0 && Math.max(...delays) < 1);
      // 2 ms of the 40 after a release.
      close += delays.filter((delay) => delay < shortest + 0.05).length - 1;
    }
    assert.ok(close / rounds < 1, `${close / rounds} of ${candidates} come with the first`);
  }
});
