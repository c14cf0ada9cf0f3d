namespace ConveyorActors.Testing.Faults;

/// <summary>What becomes of one call.</summary>
/// <param name="Number">How many calls there were at the call's point, this one included.</param>
/// <param name="Delay">How late it reaches the service; zero: at once.</param>
/// <param name="Kind">What else goes wrong: a refusal, a lost reply, a crash, or nothing.</param>
readonly record struct Fate(long Number, TimeSpan Delay, FaultKind Kind);
