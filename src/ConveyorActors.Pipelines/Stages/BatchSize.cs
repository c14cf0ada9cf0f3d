namespace ConveyorActors.Pipelines.Stages;

/// <summary>
/// Decides how many lines the next command of a stage gets. The number grows while commands are quick, so that starting
/// them costs little, and shrinks when batches fail, so that fewer lines are tried again together with a bad one.
/// </summary>
/// <remarks>Safe for use by many threads: the workers of a stage share it.</remarks>
sealed class BatchSize
{
    /// <summary>Number of lines given to the first command.</summary>
    public const int First = 16;

    /// <summary>Maximum lines, and maximum bytes, given to one command if the user set no number.</summary>
    public const int MaxLines = 32_768,
        MaxBytes = 1 << 20;

    /// <summary>
    /// The maximum bytes of more than one line that one command gets: lines a little longer than those before them are not
    /// left over for a second, tiny command.
    /// </summary>
    public const int MaxCommandBytes = MaxBytes + MaxBytes / 4;

    /// <summary>
    /// A command that took less than the first time may get twice as many lines; one that took less than the second
    /// gets four times as many.
    /// </summary>
    static readonly TimeSpan Quick = TimeSpan.FromMilliseconds(100),
        VeryQuick = TimeSpan.FromMilliseconds(25);

    /// <summary>
    /// The longest time up to which a command slower than <see cref="Quick"/> may get more lines, as long as that makes
    /// each line cheaper.
    /// </summary>
    static readonly TimeSpan Max = TimeSpan.FromSeconds(2);

    /// <summary>
    /// The factor by which twice as many lines must reduce the cost per line; this shows that most of the time is the
    /// start of the command.
    /// </summary>
    const double Gain = 0.7;

    readonly bool isFixed;
    readonly Lock gate = new();
    int lines;
    double costBefore = double.PositiveInfinity;

    /// <param name="lines">The number set by the user; null: the size adapts to the command.</param>
    public BatchSize(int? lines)
    {
        isFixed = lines is not null;
        this.lines = lines ?? First;
    }

    /// <summary>Gets the number of lines for the next command.</summary>
    public int Lines => Volatile.Read(ref lines);

    /// <summary>Records that a command has processed its lines.</summary>
    /// <param name="count">The number of lines it was given.</param>
    /// <param name="bytes">The number of bytes of these lines.</param>
    /// <param name="took">The time it took.</param>
    public void RecordSuccess(int count, long bytes, TimeSpan took)
    {
        if (isFixed)
            return;
        lock (gate)
        {
            // The time for a smaller batch does not show whether a larger one would be quick.
            if (count < lines)
                return;
            var cost = took.TotalMilliseconds / count;
            if (took < VeryQuick)
                Grow(4, cost);
            else if (took < Quick)
                Grow(2, cost);
            else if (cost < Gain * costBefore && took < Max)
                Grow(2, cost);
            else
                costBefore = Math.Min(costBefore, cost);
            lines = (int)Math.Min(lines, Math.Max(1, MaxBytes * (long)count / Math.Max(1, bytes)));
        }
    }

    /// <summary>Records that a command failed or ran out of time.</summary>
    /// <param name="count">The number of lines it was given.</param>
    public void RecordFailure(int count)
    {
        if (isFixed)
            return;
        lock (gate)
        {
            if (count >= lines)
                lines = Math.Max(1, lines / 2);
            costBefore = double.PositiveInfinity;
        }
    }

    void Grow(int times, double cost)
    {
        lines = Math.Min(MaxLines, lines * times);
        costBefore = cost;
    }
}
