//! The plots that a model card shows, from the same data as the card.

use crate::{
    card::{reliability_plot, seeds_plot, severity_plot},
    card_data::CardData,
    eval::severity::Family,
    journal::{JournalError, write_text},
    plot, seeds,
};
use std::path::{Path, PathBuf};

/// Writes every plot for which there are data into the card's folder, and returns where they lie.
pub fn save(folder: &Path, data: &CardData) -> Result<Vec<PathBuf>, JournalError> {
    let mut paths = Vec::new();
    for (name, chart) in charts(data) {
        let path = folder.join(name);
        write_text(&path, &chart.svg())?;
        paths.push(path);
    }
    Ok(paths)
}

/// The plots with their paths from the card's folder.
pub fn charts(data: &CardData) -> Vec<(String, plot::Chart)> {
    let name = data.spec.name();
    let mut charts = Vec::new();
    if data.seeds.len() > 1 {
        let [validation, test] = seeds::errors(&data.seeds);
        let shipped = seeds::shipped(&data.seeds);
        let chart = plot::seeds(name, &validation, &test, shipped);
        charts.push((seeds_plot(&data.spec), chart));
    }
    if let Some(rejection) = data.rejection() {
        let chart = plot::reliability(name, &rejection.reliability, rejection.temperature);
        charts.push((reliability_plot(&data.spec), chart));
    }
    let robust = data.evaluation(|evaluation| evaluation.robust.is_some());
    if let Some((evaluation, _)) = robust {
        let rows = evaluation.robust.as_deref().unwrap_or_default();
        let networks: Vec<&str> = evaluation
            .networks
            .iter()
            .map(|network| network.name.as_str())
            .collect();
        for family in Family::ALL {
            let series = family.series(&networks, rows);
            let chart = plot::severity(family.title(), family.axis(), &series);
            charts.push((severity_plot(family), chart));
        }
    }
    charts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{card, card_data::tests::folder};

    #[test]
    fn every_plot_of_the_card_is_drawn() {
        let folder = folder("card-plots", 9);
        let data = CardData::read(&folder.join("cnn.safetensors")).unwrap();
        let paths = save(&folder, &data).unwrap();
        assert_eq!(paths.len(), 6);
        let text = card::markdown_of(&data);
        for (path, (name, chart)) in paths.iter().zip(charts(&data)) {
            assert!(text.contains(&format!("]({name})")), "{name}");
            let svg = std::fs::read_to_string(path).unwrap();
            assert!(
                svg.contains(&chart.title) && svg.contains("</svg>"),
                "{name}"
            );
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
