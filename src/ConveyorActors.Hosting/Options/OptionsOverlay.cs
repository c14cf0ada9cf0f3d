namespace ConveyorActors.Hosting.Options;

/// <summary>
/// Applies options to settings one after the other. A value that the settings refuse leaves them unchanged, and becomes
/// an error that names its key.
/// </summary>
/// <param name="key">The key of the options.</param>
/// <param name="settings">The settings to start from, which apply where no option is set.</param>
/// <param name="errors">Receives a sentence for each value that is refused.</param>
sealed class OptionsOverlay<TSettings>(string key, TSettings settings, List<string> errors)
{
    /// <summary>Gets the settings with all options applied so far.</summary>
    public TSettings Settings { get; private set; } = settings;

    /// <summary>Applies an option to the settings.</summary>
    /// <param name="name">The option's own name.</param>
    /// <param name="value">The option's value; null: the option is not set.</param>
    /// <param name="set">Returns the settings with the value. May throw an <see cref="ArgumentException"/>.</param>
    public OptionsOverlay<TSettings> Set<TValue>(string name, TValue? value, Func<TSettings, TValue, TSettings> set)
        where TValue : struct
    {
        if (value is not { } given)
            return this;
        try
        {
            Settings = set(Settings, given);
        }
        catch (ArgumentException e)
        {
            // The message of the settings is "NAME is VALUE; it must be ...". The name is replaced by the key.
            var sentence = OptionsReader.TrimMessage(e);
            errors.Add($"{key}:{name}{sentence[sentence.IndexOf(" is ", StringComparison.Ordinal)..]}");
        }
        return this;
    }
}
