using ConveyorActors.Pipelines;
using ConveyorActors.Pipelines.Files;

namespace ConveyorActors.Cli.Bench;

/// <summary>Directories that a measurement writes to and that are deleted when it ends or is interrupted.</summary>
static class ScratchDirectory
{
    /// <summary>The time that interrupted work may take to end before its files are deleted.</summary>
    static readonly TimeSpan WorkGrace = TimeSpan.FromSeconds(1);

    const int DeleteAttempts = 20;

    static readonly TimeSpan DeleteDelay = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// Creates a directory and those above it. Returns the directories that did not exist, the lowest first.
    /// </summary>
    /// <param name="path">The path of the directory.</param>
    /// <param name="what">The name of the directory in errors.</param>
    /// <exception cref="PipelineInputException">The directory cannot be created.</exception>
    public static IReadOnlyList<string> Create(string path, string what)
    {
        var missing = new List<string>();
        for (
            var folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
            folder is not null && !Directory.Exists(folder);
            folder = Path.GetDirectoryName(folder)
        )
            missing.Add(folder);
        try
        {
            Directory.CreateDirectory(path);
            return missing;
        }
        catch (Exception e) when (Failures.IsFileError(e))
        {
            DeleteEmpty(missing);
            throw new PipelineInputException(
                $"{what} '{path}' cannot be created: {Failures.DescribeDirectoryReason(e, path)}"
            );
        }
    }

    /// <summary>Deletes directories that are empty, the lowest first.</summary>
    public static void DeleteEmpty(IReadOnlyList<string> directories)
    {
        try
        {
            foreach (var directory in directories)
                if (Directory.Exists(directory))
                    Directory.Delete(directory);
        }
        catch (Exception e) when (Failures.IsFileError(e))
        {
            // Another program uses the directory.
        }
    }

    /// <summary>
    /// Runs work in a new directory below another, and deletes the directory afterwards, also if the work is cancelled.
    /// </summary>
    public static async Task<T> RunAsync<T>(
        string parent,
        Func<string, Task<T>> work,
        CancellationToken cancellationToken
    )
    {
        var own = Directory.CreateDirectory(Path.Combine(parent, $"bench-{Guid.NewGuid():N}")).FullName;
        var working = Task.Run(() => work(own), CancellationToken.None);
        try
        {
            return await working.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            await Task.WhenAny(working, Task.Delay(WorkGrace, TimeProvider.System, CancellationToken.None))
                .ConfigureAwait(false);
            await DeleteAsync(own).ConfigureAwait(false);
        }
    }

    /// <summary>Deletes a directory to which interrupted work may still write.</summary>
    public static async Task DeleteAsync(string path)
    {
        for (var attempt = 1; Directory.Exists(path); attempt++)
        {
            try
            {
                Directory.Delete(path, recursive: true);
            }
            catch (Exception e) when (Failures.IsFileError(e) && attempt < DeleteAttempts)
            {
                await Task.Delay(DeleteDelay, TimeProvider.System, CancellationToken.None).ConfigureAwait(false);
            }
        }
    }
}
