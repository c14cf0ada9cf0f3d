using ConveyorActors.Pipelines.Files;

namespace ConveyorActors.Cli;

/// <summary>
/// Checks the limit of open files. The runtime keeps every loaded library open, and ends without a useful error if the
/// limit is too low.
/// </summary>
static class OpenFileLimit
{
    const ulong Min = 128;

    public static string? Validate() => Validate(Libc.OpenFileLimit);

    /// <param name="limit">The number of files that this process may have open; null: not known.</param>
    public static string? Validate(ulong? limit) =>
        limit < Min
            ? $"conveyor: the limit of open files (ulimit -n) is {limit}; it must be at least {Min}, or more with many sources and workers"
            : null;
}
