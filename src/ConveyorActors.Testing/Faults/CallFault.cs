namespace ConveyorActors.Testing.Faults;

/// <summary>The fault, if any, of one call.</summary>
/// <param name="Number">The number of calls at the call's point so far, including this one.</param>
/// <param name="Delay">The delay before the call reaches the service; zero: none.</param>
/// <param name="Kind">The further fault: a refusal, a lost reply, a crash, or none.</param>
readonly record struct CallFault(long Number, TimeSpan Delay, FaultKind Kind);
