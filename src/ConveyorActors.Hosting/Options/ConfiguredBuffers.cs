namespace ConveyorActors.Hosting.Options;

/// <summary>The settings of the engine that result from the options.</summary>
/// <param name="Defaults">The settings of pipelines without options of their own.</param>
/// <param name="Pipelines">The pipelines with options of their own.</param>
sealed record ConfiguredBuffers(BufferSettings Defaults, IReadOnlyList<ConfiguredPipeline> Pipelines)
{
    /// <summary>Reads the options.</summary>
    /// <param name="options">The options.</param>
    /// <param name="errors">Receives a sentence for each option that is not valid.</param>
    public static ConfiguredBuffers Read(ConveyorOptions options, List<string> errors)
    {
        var reader = new OptionsReader(errors);
        var defaults = reader.ReadBuffers($"{ConveyorOptions.SectionName}:Buffers", options.Buffers, new());
        var pipelines = new List<ConfiguredPipeline>();
        foreach (var (name, pipeline) in options.Pipelines)
        {
            var key = $"{ConveyorOptions.SectionName}:Pipelines:{name}";
            if (!IsName(name, key, "a pipeline", errors))
                continue;
            if (pipeline is null)
            {
                errors.Add($"{key} is null; it must be a PipelineOptions, or be left out.");
                continue;
            }
            var buffers = reader.ReadBuffers(key, pipeline, defaults);
            var stages = new Dictionary<string, StageSettings>(StringComparer.Ordinal);
            foreach (var (stage, own) in pipeline.Stages)
                if (!IsName(stage, $"{key}:Stages:{stage}", "a stage", errors))
                    continue;
                else if (own is null)
                    errors.Add($"{key}:Stages:{stage} is null; it must be a StageOptions, or be left out.");
                else
                    stages[stage] = reader.ReadStage($"{key}:Stages:{stage}", own, buffers.Stage);
            pipelines.Add(new(name, buffers, stages));
        }
        return new(defaults, pipelines);
    }

    static bool IsName(string name, string key, string what, List<string> errors)
    {
        try
        {
            Names.Validate(name);
            return true;
        }
        catch (ArgumentException e)
        {
            errors.Add($"{key} is not the name of {what}: {OptionsReader.TrimMessage(e)}");
            return false;
        }
    }
}
