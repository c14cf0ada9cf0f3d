namespace ConveyorActors.Packages.Tests.Docker;

/// <summary>One instruction of a Dockerfile.</summary>
/// <param name="Stage">The stage it is in, such as "node".</param>
/// <param name="Name">What it is, such as "COPY".</param>
/// <param name="Arguments">What comes after that, as written; a command over several lines is one line.</param>
sealed record Instruction(string Stage, string Name, string Arguments)
{
    /// <summary>Gets the words that are no flags.</summary>
    public string[] Words =>
        [
            .. Arguments
                .Split(' ', StringSplitOptions.RemoveEmptyEntries)
                .Where(w => !w.StartsWith("--", StringComparison.Ordinal)),
        ];

    /// <summary>Returns the value of a flag such as --from; null: it is not given.</summary>
    public string? Flag(string name) =>
        Arguments
            .Split(' ')
            .Where(w => w.StartsWith($"--{name}=", StringComparison.Ordinal))
            .Select(w => w[(name.Length + 3)..])
            .SingleOrDefault();
}
