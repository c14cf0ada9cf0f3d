namespace ConveyorActors.Cli.Usage;

/// <summary>Checks the key that requests to a server must have.</summary>
static class ApiKey
{
    /// <summary>The environment variable that may give the key.</summary>
    public const string Variable = "CONVEYOR_API_KEY";

    public const int MinLength = 16;

    /// <summary>Returns the reason why a text cannot be a key; null: it can.</summary>
    public static string? Validate(string text) =>
        text.Length >= MinLength && text.All(c => c is > ' ' and <= '~')
            ? null
            : $"has {text.Length} characters; it must have at least {MinLength}, all of them visible ASCII, such as the output of 'openssl rand -hex 32'";
}
