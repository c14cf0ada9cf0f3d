namespace ConveyorActors.Cli.Usage;

/// <summary>A value with the place where the user gave it, so that later checks can name the place.</summary>
/// <param name="Value">The value.</param>
/// <param name="Where">The place: the flag, or the file and the JSON path.</param>
/// <param name="Text">The text that the user wrote.</param>
sealed record InputValue<T>(T Value, string Where, string Text);
