// The sound of calls that nobody has answered: two tones, again and again until somebody says they come.
const EVERY_MS = 8000;
const TONES_HZ = [880, 660];
const TONE_S = 0.28;

export class Sound {
  #context = new AudioContext();
  #timer = null;

  /** Whether the browser still waits for a tap before it lets anything sound. */
  get blocked() {
    return this.#context.state === "suspended";
  }

  unblock() {
    return this.#context.resume();
  }

  /** Sound while `waiting` calls are there. */
  follow(waiting) {
    if (waiting && !this.#timer) {
      this.#ring();
      this.#timer = setInterval(() => this.#ring(), EVERY_MS);
    }
    if (!waiting) this.silence();
  }

  silence() {
    clearInterval(this.#timer);
    this.#timer = null;
  }

  #ring() {
    if (this.blocked) return;
    const begin = this.#context.currentTime + 0.02;
    for (const [index, tone] of TONES_HZ.entries()) {
      const [voice, level] = [this.#context.createOscillator(), this.#context.createGain()];
      voice.frequency.value = tone;
      const at = begin + index * TONE_S;
      level.gain.setValueAtTime(0.0001, at);
      level.gain.exponentialRampToValueAtTime(0.3, at + 0.03);
      level.gain.exponentialRampToValueAtTime(0.0001, at + TONE_S);
      voice.connect(level).connect(this.#context.destination);
      voice.start(at);
      voice.stop(at + TONE_S);
    }
  }
}
