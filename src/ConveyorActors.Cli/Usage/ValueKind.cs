namespace ConveyorActors.Cli.Usage;

delegate bool TryRead<T>(string text, out T value);

/// <summary>A kind of value: how it is read from text, and how to say what would be right.</summary>
/// <param name="Right">Completes "it must be ...".</param>
/// <param name="TryRead">Reads it; false when it is wrong.</param>
/// <param name="IsNumber">A JSON file writes it as a number; otherwise as a string.</param>
sealed record ValueKind<T>(string Right, TryRead<T> TryRead, bool IsNumber = false);
