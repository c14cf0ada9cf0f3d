namespace ConveyorActors.Cli.Usage;

/// <summary>A value with the place where the user gave it, so that a later check can still name it.</summary>
/// <param name="Value">The value.</param>
/// <param name="Where">The flag, or the file and the JSON path.</param>
/// <param name="Text">As the user wrote it.</param>
sealed record InputValue<T>(T Value, string Where, string Text);
